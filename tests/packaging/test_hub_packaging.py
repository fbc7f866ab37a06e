"""What an authority installs its hub with: units, the web server before it, the container file."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

#: systemd's own measure of what a service could still do, in tenths: 15 is 1.5 of 10.
EXPOSURE = 15
UNITS = ("", "-receive", "-work", "-jobs")
CERTIFICATE = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]


def exposure(unit: Path) -> int:
    """systemd's verdict: 0 when the unit is fenced in far enough."""
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}"]
    ran = subprocess.run([*command, str(unit)], capture_output=True, text=True, check=False)
    return ran.returncode


@pytest.mark.needs("systemd")
@pytest.mark.parametrize("which", UNITS)
def test_each_process_of_the_hub_can_do_little_besides_its_work(
    root: Path, tmp_path: Path, which: str
) -> None:
    unit = tmp_path / f"linkwork-hub{which}.service"
    shutil.copyfile(root / "packaging" / "hub" / unit.name, unit)
    assert exposure(unit) == 0
    lines = unit.read_text("utf-8").splitlines()
    unit.write_text("\n".join(line for line in lines if "SystemCall" not in line), "utf-8")
    assert exposure(unit) != 0, "a service with fewer fences must be told apart"


@pytest.mark.parametrize("which", UNITS)
def test_each_unit_starts_a_command_that_there_is(root: Path, which: str) -> None:
    from typer.testing import CliRunner

    from linkwork_hub.cli.main import app

    text = (root / "packaging" / "hub" / f"linkwork-hub{which}.service").read_text("utf-8")
    found = re.search(r"^ExecStart=\S+/linkwork-hub --home (\S+) (\w+)$", text, re.MULTILINE)
    assert found is not None
    assert f"ConditionPathExists={found[1]}/hub.toml" in text
    assert f"StateDirectory={Path(found[1]).name}" in text
    assert CliRunner().invoke(app, [found[2], "--help"]).exit_code == 0


@pytest.mark.needs("nginx")
def test_the_web_server_takes_its_example_as_it_stands(root: Path, tmp_path: Path) -> None:
    key, certificate = tmp_path / "x.key", tmp_path / "x.pem"
    made = ["-nodes", "-subj", "/CN=x", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*CERTIFICATE, *made], check=True, capture_output=True)
    example = (root / "packaging" / "hub" / "nginx.conf").read_text("utf-8")
    example = re.sub(r"/etc/linkwork-hub/tls/\w+\.pem", str(certificate), example)
    example = re.sub(r"/etc/linkwork-hub/tls/\w+\.key", str(key), example)
    example = example.replace("/var/log/nginx", str(tmp_path))
    whole = tmp_path / "nginx.conf"
    head = f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}"
    whole.write_text(f"{head}\nhttp {{\n{example}\n}}\n", encoding="utf-8")
    assert checked(whole).returncode == 0, checked(whole).stderr
    whole.write_text(whole.read_text("utf-8").replace("proxy_pass", "proxy_past", 1), "utf-8")
    assert checked(whole).returncode != 0, "a mistake must be told apart"


def checked(whole: Path) -> subprocess.CompletedProcess[str]:
    """What nginx says of a whole configuration."""
    command = ["nginx", "-t", "-q", "-c", str(whole)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_people_search_for_stands_in_no_log_of_the_web_server(root: Path) -> None:
    text = (root / "packaging" / "hub" / "nginx.conf").read_text("utf-8")
    formats = re.findall(r"log_format (\w+) '([^']*)'", text)
    assert formats
    assert all("$request_uri" not in form and "$request " not in form for _, form in formats)
    for line in re.findall(r"access_log [^;]*", text):
        assert any(name in line for name, _ in formats), f"{line} logs whole requests"


def faults(containerfile: str) -> list[str]:
    """What would keep a container file from being built from the wheelhouse, or make it unsafe."""
    joined = containerfile.replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    steps = [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]
    last = max(place for place, (word, _) in enumerate(steps) if word == "FROM")
    final = dict(steps[last:])
    bases = [rest.split()[0] for word, rest in steps if word == "FROM"]
    copied = [rest.split()[0] for word, rest in steps if word == "COPY" and "--from" not in rest]
    installs = [rest for word, rest in steps if word == "RUN" and "pip install" in rest]
    return [
        said
        for said, holds in (
            ("a base image without a version", all(re.search(r":\S*\d|\$\{", b) for b in bases)),
            ("copies what the wheelhouse lacks", {*copied} <= {"wheels", "requirements.txt"}),
            ("asks an index", all("--no-index" in one for one in installs)),
            ("takes what has no hash", all("--require-hashes" in one for one in installs)),
            ("runs as root", final.get("USER", "0").split(":")[0] not in ("0", "root")),
            ("its data goes with it", final.get("VOLUME") == "/var/lib/linkwork-hub"),
            ("a home the program is not told", "LINKWORK_HOME=" in final.get("ENV", "")),
            ("signals stop at a shell", final.get("ENTRYPOINT", "").startswith("[")),
        )
        if not holds
    ]


def test_the_container_file_asks_no_index_runs_as_nobody_and_starts_a_command_that_there_is(
    root: Path,
) -> None:
    from typer.testing import CliRunner

    from linkwork_hub.cli.main import app

    text = (root / "packaging" / "hub" / "Containerfile").read_text("utf-8")
    assert faults(text) == []
    for before, after, fault in (
        ("USER 10420\n", "", "runs as root"),
        (" --no-index", "", "asks an index"),
        (" --require-hashes", "", "takes what has no hash"),
        ("COPY wheels", "COPY everything", "copies what the wheelhouse lacks"),
    ):
        assert before in text
        assert faults(text.replace(before, after)) == [fault]
    started = re.search(r'^CMD \["(\w+)", "(--\w+)"', text, re.MULTILINE)
    assert started is not None
    said = CliRunner().invoke(app, [started[1], "--help"])
    assert said.exit_code == 0
    assert started[2] in said.output
