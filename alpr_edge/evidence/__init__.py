"""Evidence packages: signed bags (BagIt) of reads, pictures, records and proofs that anybody can check without us.

It knows no store: whoever makes a package hands its content in, so that car and department make the same ones.
"""
