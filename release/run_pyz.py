"""The beginning of wslcfg.pyz: `python3 wslcfg.pyz ...` unpacks it once into the cache folder, then runs wslcfg from there.

Written for any Python 3, so that one that is too old gets a sentence instead of a traceback.
"""

import os
import shutil
import sys
import tempfile
import zipfile

ID = "@ID@"


def cache():
    base = os.environ.get("XDG_CACHE_HOME", "")
    return os.path.join(base if base.startswith("/") else os.path.expanduser("~/.cache"), "wslcfg", "pyz")


def unpack(parent):
    """The folder with everything, whole or not there: it gets its name last."""
    whole = os.path.join(parent, ID)
    if not os.path.isdir(whole):
        os.makedirs(parent, mode=0o700, exist_ok=True)
        building = tempfile.mkdtemp(prefix=".new-", dir=parent)
        try:
            with zipfile.ZipFile(sys.argv[0]) as archive:
                archive.extractall(building)
            os.rename(building, whole)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            if not os.path.isdir(whole):  # another one was first
                raise
    return whole


def main():
    if sys.version_info < (3, 10):
        sys.stderr.write("wslcfg: It needs Python 3.10 or newer, and this is %d.%d.\n" % sys.version_info[:2])
        sys.stderr.write("Run it with a newer one, for example: python3.12 %s\n" % sys.argv[0])
        return 5
    try:
        place = unpack(cache())
    except OSError:
        place = unpack(tempfile.mkdtemp(prefix="wslcfg-pyz-"))
        import atexit

        atexit.register(shutil.rmtree, os.path.dirname(place), ignore_errors=True)
    sys.path[0] = place
    from wslcfg.__main__ import main as start

    return start()


sys.exit(main())
