"""A build backend that cannot: what a missing header looks like."""
import sys


def get_requires_for_build_wheel(config_settings=None):
    return []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    sys.stderr.write("broken.c:1:10: fatal error: frobnicate.h: No such file or directory\n")
    sys.exit(1)
