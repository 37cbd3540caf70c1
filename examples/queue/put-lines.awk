#!/usr/bin/awk -f
# put-lines.awk: turns lines into commands that put each into a work queue, a hundred in one call, for
# redis-cli --pipe. Bytes are counted, so awk must not know of characters:
#   LC_ALL=C awk -v queue=jobs -v epoch=$(openssl rand -hex 4) -v tag=$(openssl rand -hex 2) \
#     -f put-lines.awk words.txt | redis-cli -s "$REDIS_SOCKET" --pipe
function word(text) { return "$" length(text) "\r\n" text "\r\n" }

function flush() {
  if (count > 0) {
    printf "*%d\r\n%s%s%s%s", 13 + count, word("FCALL"), word("lineman_queue_work_put"), word(1),
      word("lineman:{q." queue "}:mode")
    printf "%s%s%s%s%s%s%s%s%s%s", word(epoch), word(tag), word(5), word(0), word(0), word(0), word(""),
      word(0), word("refuse"), lines
  }
  count = 0
  lines = ""
}

{ lines = lines word($0) }
++count == 100 { flush() }
END { flush() }
