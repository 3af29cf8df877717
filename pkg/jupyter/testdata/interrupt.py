"""Runs a notebook's cells in the kernel gonb, interrupts one of them, and goes on.

Arguments: the notebook, the number of the cell, from 0, and a file that the cell
makes when it is to be interrupted. Prints the executed notebook.
"""

import asyncio
import os
import sys

import nbformat
from jupyter_core.utils import ensure_async
from nbclient import NotebookClient

source, number, mark = sys.argv[1], int(sys.argv[2]), sys.argv[3]
notebook = nbformat.read(source, as_version=4)
client = NotebookClient(notebook, timeout=600, startup_timeout=120, kernel_name="gonb", allow_errors=True,
                        resources={"metadata": {"path": os.path.dirname(source)}})


async def main():
    async with client.async_setup_kernel():
        for i, cell in enumerate(notebook.cells):
            running = asyncio.create_task(client.async_execute_cell(cell, i))
            while i == number and not running.done():
                if os.path.exists(mark):
                    await ensure_async(client.km.interrupt_kernel())
                    break
                await asyncio.sleep(.05)
            await running


asyncio.run(main())
print(nbformat.writes(notebook))
