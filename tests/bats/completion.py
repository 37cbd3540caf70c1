# completion.py TABLE [ANSWERS]: without ANSWERS the lines of the table, up to the cursor. With it, a
# file with a line for each as it stood after the shell had put in all that it offers, says which of
# them are not what the table wants; status 1 where one is not.
import re, sys

rows = [re.split(r"\|\s*->", row.rstrip("\n")) for row in open(sys.argv[1]) if row[0].islower()]
if len(sys.argv) == 2:
    print(*(line for line, _ in rows), sep="\n")
    sys.exit(0)
answers = open(sys.argv[2]).read().splitlines()
wrong = 0 if len(answers) == len(rows) else print(len(answers), "answers to", len(rows), "lines") or 1


# Option=value as a whole, whether or not the shell repeats what is in front of the =; folders and
# options without what shells put behind them.
def plain(word, last):
    before = last[: last.rfind("=") + 1]
    word = (word if word.startswith(before) else before + word).removesuffix("/")
    return word.removesuffix("=") if word.startswith("--") else word


for (line, words), answer in zip(rows, answers):
    last = line.rpartition(" ")[2]
    behind = answer[len(line) - len(last) :].split()
    offered = {plain(word, last) for word in behind} - {plain(last, last)}
    wanted = words.split()
    some = [word for word in wanted if word.startswith("+") or word.startswith("---")]
    if some:
        right = all((word[1:] in offered) == (word[0] == "+") for word in some)
    else:
        right = offered == set(wanted)
    if not right:
        print(f"{line}: offered: {' '.join(sorted(offered))[:200]}\n  wanted: {words.strip()}")
        wrong = 1
sys.exit(wrong)
