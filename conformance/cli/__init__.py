"""The commands: one a file, with its arguments, what it prints and its exit codes. No judgement."""
