"""Maps on the department's page, drawn by Leaflet from this server's own files alone."""
