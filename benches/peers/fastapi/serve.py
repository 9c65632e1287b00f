"""python serve.py DATABASE: one process a core, all behind one address, which is the first line on stdout."""

import os
import socket
import sys

import uvicorn
from uvicorn.supervisors import Multiprocess


def main(file):
    os.environ["PEER_DATABASE"] = file
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    # Connections wait here until the processes take them.
    listener.listen(1024)
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config("app:app", workers=os.cpu_count(), log_level="warning", access_log=False)
    Multiprocess(config, sockets=[listener]).run()


if __name__ == "__main__":
    main(sys.argv[1])
