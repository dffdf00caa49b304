"""Maps of pages: Leaflet, outlines and streets, from the site's own files alone."""
