"""Works out which base columns go into which column of an answer, which shape its rows, and which are written where."""
