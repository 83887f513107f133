"""What is sent out to be filled in: workbooks, questionnaires for survey tools, print forms."""
