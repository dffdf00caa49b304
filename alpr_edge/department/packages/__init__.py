"""What every package of the department is made with: folder, signing key, stored records, and the check at its end."""
