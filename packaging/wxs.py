"""Write the .wxs that wixl makes the .msi from: every file of the tree, and the service."""

from __future__ import annotations

import uuid
from pathlib import Path
from xml.sax.saxutils import quoteattr

#: Identities of components are made from this and a path: the same in every version, as Windows
#: needs them to be.
FAMILY = uuid.UUID("5f2b1c9e-6a53-4d0e-9f5a-6c1f0f6f0d11")
UPGRADE_CODE = str(uuid.uuid5(FAMILY, "upgrade")).upper()
ACCOUNT = r"NT SERVICE\LinkworkAgent"


def wxs(tree: Path, version: str) -> str:
    """The whole description; source paths stand relative to the folder that holds `tree`."""
    found: list[str] = []
    folders = _folder(tree, tree, found, "      ")
    components = "\n".join(f'      <ComponentRef Id="{one}"/>' for one in found)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="*" Name="Linkwork agent" UpgradeCode="{UPGRADE_CODE}" Version="{version}"
      Manufacturer="Linkwork" Language="1033">
    <Package InstallerVersion="500" Compressed="yes" InstallScope="perMachine" Platform="x64"/>
    <MajorUpgrade AllowDowngrades="yes"/>
    <Media Id="1" Cabinet="agent.cab" EmbedCab="yes"/>
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="CommonAppDataFolder">
        <Directory Id="STATE" Name="Linkwork Agent"/>
      </Directory>
      <Directory Id="ProgramFiles64Folder">
        <Directory Id="INSTALLDIR" Name="Linkwork Agent">
{folders}
        </Directory>
      </Directory>
    </Directory>
{_prepare()}
    <Feature Id="Agent" Level="1">
{components}
    </Feature>
  </Product>
</Wix>
"""


def _folder(tree: Path, folder: Path, found: list[str], indent: str) -> str:
    lines: list[str] = []
    for path in sorted(folder.iterdir()):
        inner = indent + "  "
        if path.is_dir():
            known = _id("d", path.relative_to(tree))
            lines.append(f"{indent}<Directory Id={quoteattr(known)} Name={quoteattr(path.name)}>")
            lines.append(_folder(tree, path, found, inner))
            lines.append(f"{indent}</Directory>")
        else:
            lines.append(_component(tree, path, found, indent))
    return "\n".join(line for line in lines if line)


def _component(tree: Path, path: Path, found: list[str], indent: str) -> str:
    place = path.relative_to(tree)
    known = _id("c", place)
    found.append(known)
    guid = str(uuid.uuid5(FAMILY, place.as_posix())).upper()
    source = (Path(tree.name) / place).as_posix()
    service = _service(indent + "  ") if place.as_posix() == "python/python.exe" else ""
    return (
        f'{indent}<Component Id="{known}" Guid="{guid}" Win64="yes">\n'
        f"{indent}  <File Id={quoteattr(_id('f', place))} Name={quoteattr(path.name)} "
        f'Source={quoteattr(source)} KeyPath="yes"/>{service}\n'
        f"{indent}</Component>"
    )


def _service(indent: str) -> str:
    program = "&quot;[INSTALLDIR]service_host.py&quot;"
    state = "&quot;[CommonAppDataFolder]Linkwork Agent&quot;"
    return (
        f'\n{indent}<ServiceInstall Id="Service" Name="LinkworkAgent" DisplayName="Linkwork agent" '
        f'Type="ownProcess" Start="auto" ErrorControl="normal" Account={quoteattr(ACCOUNT)} '
        f'Arguments="{program} {state}"/>'
        f'\n{indent}<ServiceControl Id="Control" Name="LinkworkAgent" Stop="both" '
        'Remove="uninstall" Wait="yes"/>'
    )


def _prepare() -> str:
    """Run prepare.py as the system, once the service is there and not when it is taken away."""
    python = _id("f", Path("python/python.exe"))
    program = "-B &quot;[INSTALLDIR]prepare.py&quot;"
    return f"""    <CustomAction Id="Prepare" FileKey="{python}" Execute="deferred" Impersonate="no"
        ExeCommand="{program} &quot;[CommonAppDataFolder]Linkwork Agent&quot;"/>
    <InstallExecuteSequence>
      <Custom Action="Prepare" After="InstallServices">NOT REMOVE</Custom>
    </InstallExecuteSequence>"""


def _id(kind: str, place: Path) -> str:
    return f"{kind}{uuid.uuid5(FAMILY, kind + place.as_posix()).hex}"
