#!/bin/sh
# wslcfg stub: stands where the wrapper stood while a setting still names it, and only runs the program.
exec "$@"
