"""Watches of a unit's parts that nothing else asks: sound, page, link, certificates, training, models, disk, memory."""
