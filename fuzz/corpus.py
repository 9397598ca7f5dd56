"""Makes the corpus of the fuzz targets from the published cases: `python3 fuzz/corpus.py`, from the root.

One file per case would be a thousand files; of the cases of one provider and class, the first is taken.
"""

import hashlib
import json
import pathlib
import shutil

ROOT = pathlib.Path(__file__).resolve().parent
VECTORS = ROOT.parent / "tests" / "vectors"
CORPUS = ROOT / "corpus"


def write(target, content):
    content = content if isinstance(content, bytes) else content.encode()
    name = hashlib.sha256(content).hexdigest()[:12]
    (CORPUS / target / name).write_bytes(content)


def as_curl(case):
    lines = [f"HTTP/1.1 {case['status']} x"]
    for name, values in case["headers"].items():
        for value in values if isinstance(values, list) else [values]:
            lines.append(f"{name}: {value}")
    return "\r\n".join(lines) + "\r\n\r\n" + (case.get("body") or "")


def main():
    for target in ("retry_after", "judge", "text", "explain", "config", "environment"):
        shutil.rmtree(CORPUS / target, ignore_errors=True)
        (CORPUS / target).mkdir(parents=True)
    providers = json.loads((VECTORS / "providers.json").read_text())
    seen = set()
    for case in providers:
        kind = (case["provider"], case["expect"]["class"], case["expect"]["wait_source"])
        if kind in seen:
            continue
        seen.add(kind)
        if case["status"] is None:
            write("text", case["body"])
        else:
            write("judge", as_curl(case))
            write("explain", json.dumps(case, ensure_ascii=False) + "\n")
    dates = json.loads((VECTORS / "http_date_retry_after.json").read_text())
    for case in dates["date_cases"][::3] + dates["delay_seconds_cases"][::3]:
        write("retry_after", case["value"])
    for text in ("6m0s", "8.64s", "1h15m30.918s", "5.03:23:11", "try again in 3 days 4 hours", "2026-10-20T12:00:30Z"):
        write("retry_after", text)
    configurations()


def configurations():
    """Files that are wrong in one way each, and the examples; of those that are long, the beginning."""
    bad = ROOT.parent / "crates" / "config" / "tests" / "bad"
    good = ROOT.parent / "examples" / "config"
    for folder in (bad, good):
        for path in sorted(folder.iterdir()):
            if path.suffix in (".toml", ".json"):
                write("config", path.read_bytes()[:4096])
            elif path.suffix == ".env":
                write("environment", path.read_text().replace("_OPENAI__", "_A__"))
    write("environment", "BUTTRESS_A__RETRY__MAX_ATTEMPTS=3\nBUTTRESS_DEFAULTS__BREAKER__FAILURE_RATE=50%\n")
    write("environment", "BUTTRESS_A__RETRY=false\nBUTTRESS_A__HOSTS=a.example,b.example:80\nBUTTRESS_A__DEADLINE=false\n")


if __name__ == "__main__":
    main()
