"""The recipes for other build systems, as far as they can be tried without them."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / ".build" / "firmware"
RECIPES = ROOT / "Boards" / "GenericLinux" / "recipes"
# What the recipes' build systems bring, as far as the recipes use it; make's own words otherwise.
BUILDROOT = """\
qstrip = $(strip $(subst ",,$(1)))
INSTALL = install
generic-package =
include package/ward/ward.mk
all:
\t$(WARD_INSTALL_TARGET_CMDS)
\t$(WARD_INSTALL_INIT_SYSTEMD)
\t$(WARD_INSTALL_INIT_SYSV)
"""
OPENWRT_RULES = "INSTALL_DIR = install -d -m 0755\nINSTALL_BIN = install -m 0755\n"
OPENWRT_PACKAGE = "BuildPackage =\nall:\n\t$(call Package/ward/install,$(OUT))\n"


class Recipes(unittest.TestCase):
    """What the recipes install, run by make and sh where their build systems would run it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ward-recipes-")
        self.addCleanup(folder.cleanup)
        self.folder, self.out = Path(folder.name), Path(folder.name) / "out"
        self.out.mkdir()
        self.program = FIRMWARE / "ward-host"

    def make(self, where, *words):
        done = subprocess.run(["make", "-s", "-C", where, *words], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def installed(self):
        return {str(path.relative_to(self.out)): path.stat().st_mode & 0o777 for path in self.out.rglob("*") if path.is_file()}

    def test_buildroot(self):
        """Buildroot's external tree names files that there are, and its package installs them."""
        tree = RECIPES / "buildroot"
        self.assertEqual((tree / "external.desc").read_text().split()[:2], ["name:", "WARD"])
        self.assertTrue((tree / "package/ward/Config.in").read_text().startswith("config BR2_PACKAGE_WARD\n"))
        (self.folder / "harness.mk").write_text(BUILDROOT)
        self.make(tree, "-f", self.folder / "harness.mk", f"BR2_EXTERNAL_WARD_PATH={tree}", f"TARGET_DIR={self.out}",
                  f'BR2_PACKAGE_WARD_FIRMWARE="{self.program}"')
        self.assertEqual(self.installed(), {
            "usr/bin/ward": 0o755, "usr/lib/udev/rules.d/60-ward.rules": 0o644, "usr/lib/systemd/system/ward.service": 0o644,
            "usr/lib/sysusers.d/ward.conf": 0o644, "etc/init.d/S60ward": 0o755})

    def test_openwrt(self):
        """OpenWrt's package installs the program and its script, which is one."""
        package = self.folder / "ward"
        shutil.copytree(RECIPES / "openwrt" / "ward", package)
        shutil.copy(self.program, package / "files" / "ward")
        (self.folder / "rules.mk").write_text(OPENWRT_RULES)
        (self.folder / "package.mk").write_text(OPENWRT_PACKAGE)
        self.make(package, f"TOPDIR={self.folder}", f"INCLUDE_DIR={self.folder}", f"OUT={self.out}")
        self.assertEqual(self.installed(), {"usr/bin/ward": 0o755, "etc/init.d/ward": 0o755})
        subprocess.run(["sh", "-n", self.out / "etc/init.d/ward"], check=True)

    def test_yocto(self):
        """The Yocto recipe's do_install finds its files and puts them where its FILES are."""
        layer = RECIPES / "yocto" / "meta-ward"
        recipe = (layer / "recipes-ward/ward/ward_0.1.bb").read_text()
        body = re.search(r"^do_install\(\) \{\n(.*?)^\}", recipe, re.M | re.S)[1]
        board = re.search(r'^WARD_BOARD = "\$\{LAYERDIR\}(.*)"$', (layer / "conf/layer.conf").read_text(), re.M)[1]
        shutil.copy(self.program, self.folder / "ward")
        subprocess.run(["sh", "-euc", body], check=True, env={
            "PATH": os.environ["PATH"], "S": str(self.folder), "D": str(self.out), "WARD_BOARD": f"{layer}{board}", "bindir": "/usr/bin",
            "systemd_system_unitdir": "/lib/systemd/system", "nonarch_base_libdir": "/lib", "nonarch_libdir": "/usr/lib"})
        self.assertEqual(self.installed(), {
            "usr/bin/ward": 0o755, "lib/systemd/system/ward.service": 0o644, "lib/udev/rules.d/60-ward.rules": 0o644,
            "usr/lib/sysusers.d/ward.conf": 0o644})

    def test_versions(self):
        """The recipes are of the version that the program says it is."""
        said = subprocess.run([self.program, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
        self.assertIn(f"WARD_VERSION = {said}\n", (RECIPES / "buildroot/package/ward/ward.mk").read_text())
        self.assertIn(f"PKG_VERSION:={said}\n", (RECIPES / "openwrt/ward/Makefile").read_text())
        self.assertTrue((RECIPES / f"yocto/meta-ward/recipes-ward/ward/ward_{said}.bb").exists())
