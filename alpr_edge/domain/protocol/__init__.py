"""What travels between a unit and its department: items, certificates, enrolment codes and portable media."""
