"""The guide as a folder of pages that opens without a network: searchable, in both languages where there are texts."""

from bench.site.build import build_site

__all__ = ["build_site"]
