"""What travels between a unit and its department: items, certificates, enrollment codes and portable media."""
