"""The server that the calls talk to: on the loopback, in a process of its own, so that its work is not counted.

An endpoint ``http://127.0.0.1:port/words/1000`` responds to each call with a page of 1,000 words, ``.../words/0`` with
a caption. The program says its port when it is ready, and ends when its standard input does.
"""

import asyncio
import subprocess
import sys
from contextlib import contextmanager
from typing import Any, Iterator

from pages import caption, page


@contextmanager
def serving() -> Iterator[str]:
    """Run the server for the duration of a block.

    :return: The address below which its endpoints are.
    """
    pipe: Any = subprocess.PIPE
    with subprocess.Popen([sys.executable, __file__], stdin=pipe, stdout=pipe, universal_newlines=True) as process:
        try:
            port = process.stdout.readline().strip()
            if not port:
                raise RuntimeError("The benchmarks' server has not started.")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.stdin.close()


async def _serve() -> None:
    from aiohttp import web

    async def respond(request: Any) -> Any:
        await request.read()
        words = int(request.match_info["words"])
        return web.Response(text=page(words) if words else caption(), content_type="application/json")

    app = web.Application(client_max_size=2**25)
    app.router.add_post("/words/{words:[0-9]+}/{path:.*}", respond)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.get_event_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve())
