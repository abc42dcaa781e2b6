"""How is the service started by hand?"""

import argparse
import shlex
import signal
import sys
import time

from ._server import PUBLIC_AUDIENCE, ImageAnalysisEmulator


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m azure.ai.vision.imageanalysis.emulator",
        description="A stand-in of the Image Analysis service on this machine. It knows its own sample picture only.",
    )
    parser.add_argument("--port", type=int, default=0, help="the port to listen on (default: any that is free)")
    parser.add_argument("--https", action="store_true", help="serve https and take bearer tokens, too")
    parser.add_argument("--rate", type=float, help="how many calls a second are answered (default: any number)")
    parser.add_argument("--no-captions", action="store_true", help="play an Azure region without captions")
    parser.add_argument("--audience", default=PUBLIC_AUDIENCE, help="whom a token must be for (default: %(default)s)")
    parser.add_argument("--no-role", action="store_true", help="issue tokens of an identity without the role")
    return parser.parse_args()


def main() -> int:
    """Run the service until Ctrl-C or a termination signal."""
    arguments = _arguments()
    # A program that a script starts in the background ignores Ctrl-C unless it asks for it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        with ImageAnalysisEmulator(
            https=arguments.https,
            rate=arguments.rate,
            captions=not arguments.no_captions,
            audience=arguments.audience,
            role=not arguments.no_role,
            port=arguments.port,
        ) as service:
            lines = [f"Listening on {service.endpoint} (stop with Ctrl-C). In the terminal of a client:"]
            lines += (f"export {name}={shlex.quote(value)}" for name, value in service.environment().items())
            print("\n".join(lines), flush=True)
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        return 0
    except (OSError, ValueError) as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
