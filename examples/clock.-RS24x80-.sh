#!/bin/sh
# A job for ~/autostart: copy it there, and it runs from the next minute on, again whenever it ends
# (R), on a terminal of 24 lines (S24x80). It says the time, and stops at the word quit.
while date; do sleep 10; done &
while read -r word; do
  case $word in
    quit) kill 0 ;; # all of us, the clock as well
    *) echo "I know nothing but quit, and not: $word" ;;
  esac
done
