"""nbgrader's settings for the assignment: copy this file into the folder of your course."""

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.course_id = "diffusion"
# A cell that trains or samples takes about a minute on a laptop. nbgrader's own limit is 30 s.
c.Execute.timeout = 600
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"
