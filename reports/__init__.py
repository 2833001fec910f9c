"""From run documents to pages, plots, summaries and JUnit files: never runs anything again, never judges.

`reports.document` is what the runner writes and everything here reads; `reports.page.make` renders a run's folder.
Nothing is imported here, so that reading a document does not load the plotting library.
"""
