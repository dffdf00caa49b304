"""What the pages of the car and of the department share: headers, forms, templates, streams of events."""
