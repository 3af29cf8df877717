"""Runs notebooks without a reader.

Reads jobs from standard input, one JSON object a line with the fields "source",
"target" and "html", runs each notebook's cells in order in the kernel gonb, and
writes what happens to standard output, one JSON object a line.
"""

import json
import os
import signal
import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert import HTMLExporter


def tell(**event):
    print(json.dumps(event), flush=True)


def plain(notebook):
    """Leaves out what differs from run to run, or belongs to a viewer."""
    notebook.metadata = {"kernelspec": {"display_name": "Go (gonb)", "language": "go", "name": "gonb"},
                         "language_info": {"file_extension": ".go", "mimetype": "text/x-go", "name": "go"}}
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k == "tags"}
        outputs = []
        for output in cell.get("outputs", []):
            output.pop("metadata" if output.output_type == "stream" else "transient", None)
            before = outputs[-1] if outputs else None
            if output.output_type == "stream" and before and before.get("name") == output.name:
                before.text += output.text
                continue
            if not output.get("data", True):  # a message without content
                continue
            outputs.append(output)
        if cell.cell_type == "code":
            cell.outputs = outputs
    return notebook


def write(path, text):
    with open(path + ".part", "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(path + ".part", path)


def run(job):
    notebook = nbformat.read(job["source"], as_version=4)
    code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    began = {}

    def start(cell, cell_index):
        began[cell_index] = time.monotonic()
        if cell_index in code:
            tell(event="cell", number=code.index(cell_index) + 1, of=len(code))

    def end(cell, cell_index, execute_reply):
        tell(event="done", number=code.index(cell_index) + 1, seconds=time.monotonic() - began[cell_index])

    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(notebook, timeout=None, startup_timeout=120, kernel_name="gonb",
                            resources={"metadata": {"path": os.path.dirname(job["target"])}},
                            on_cell_start=start, on_cell_executed=end)
    error = ""
    try:
        client.execute()
    except CellExecutionError as e:
        bad = [i for i in code if any(o.output_type == "error" for o in notebook.cells[i].outputs)]
        where = "cell %d" % (code.index(bad[0]) + 1) if bad else "a cell"
        error = "%s: %s" % (where, text_of(notebook, bad) or e)
    except DeadKernelError as e:
        error = "the kernel died: %s" % e
    except RuntimeError as e:
        error = "the kernel does not start: %s" % e
    plain(notebook)
    write(job["target"], nbformat.writes(notebook) + "\n")
    write(job["html"], HTMLExporter().from_notebook_node(notebook)[0])
    return error


def text_of(notebook, cells):
    """Returns what the failed cell wrote to its error stream, or else the error: the end of it."""
    said, error = "", ""
    for i in cells[:1]:
        for o in notebook.cells[i].outputs:
            if o.output_type == "stream" and o.name == "stderr":
                said += o.text
            if o.output_type == "error":
                error += "\n".join(o.get("traceback", []) or [o.get("evalue", "")])
    lines = [line for line in (said.strip() or error.strip()).splitlines() if line != "exit status 1"]
    return "\n".join(lines[-20:])


def stop(*_):
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, stop)
    for line in sys.stdin:
        job = json.loads(line)
        tell(event="notebook", source=job["source"])
        start = time.monotonic()
        error = run(job)
        tell(event="end", seconds=time.monotonic() - start, error=error)
        if error:
            # What a kernel says of itself goes to the error stream, which is read then.
            sys.exit(2 if error.startswith("the kernel") else 0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
