# terminal.py COMMAND [ARGUMENT ...] <STEPS: runs the command on a terminal of its own, as a person
# would who types and looks. Each line of STEPS, with backslash escapes as in Python:
#   expect TEXT   wait until that has been shown, behind what was waited for before
#   send TEXT     type it
#   signal NAME   send the command a signal
#   stop          wait until it has suspended itself
#   restored      its settings are what they were before
#   run COMMAND   a shell command, to its end
# At the end of the steps it waits for the command to end. Prints what was shown, as Python writes
# bytes; "status N"; and "terminal restored" or what is not as it was.
import ast, os, pty, select, signal, subprocess, sys, termios, time

patience = 15 * int(os.environ.get("LM_PATIENCE", "1"))
master, slave = pty.openpty()
termios.tcsetwinsize(slave, (24, 80))
before = termios.tcgetattr(slave)
steps = sys.stdin.read().splitlines()
pid = os.fork()
if pid == 0:
    os.login_tty(slave)
    os.close(master)
    os.execvp(sys.argv[1], sys.argv[1:])
shown, seen = b"", 0


def text(word):
    return ast.literal_eval('b"' + word.replace('"', '\\"') + '"')


def read(until):
    global shown
    while not until():
        if time.monotonic() > deadline:
            return False
        if select.select([master], [], [], 0.02)[0]:
            shown += os.read(master, 65536)
    return True


def ended():
    global status
    got, status = os.waitpid(pid, os.WNOHANG)
    return got != 0


def stopped():
    got, how = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
    return got != 0 and os.WIFSTOPPED(how)


def fail(step):
    print(shown)
    print("not done:", step)
    os.kill(pid, signal.SIGKILL)
    sys.exit(1)


for step in steps + ["end "]:
    word, _, rest = step.partition(" ")
    deadline = time.monotonic() + patience
    if word == "send":
        os.write(master, text(rest))
    elif word == "signal":
        os.kill(pid, getattr(signal, "SIG" + rest))
    elif word == "run":
        subprocess.run(["sh", "-c", rest], check=True)
    elif word == "stop":
        if not read(stopped):
            fail(step)
    elif word == "restored":
        if termios.tcgetattr(slave) != before:
            fail(step)
    elif word == "expect":
        wanted = text(rest)
        if not read(lambda: shown.find(wanted, seen) >= 0):
            fail(step)
        seen = shown.find(wanted, seen) + len(wanted)
    elif word == "end" and not read(ended):
        fail("the command does not end")
while select.select([master], [], [], 0.05)[0]:
    shown += os.read(master, 65536)
print(shown)
print("status", os.waitstatus_to_exitcode(status))
after = termios.tcgetattr(slave)
print("terminal restored" if after == before else f"terminal: {before[:4]} became {after[:4]}")
