# Never starts the app: a soft reset from the REPL runs this file, and whoever does that wants the REPL.
