"""`python -m sagebrush_runtime train|serve`: the two commands of an AWS framework image."""
import sys


def main(argv):
    """Run one command. Returns the process' exit code; 2 for a command that does not exist."""
    command = argv[0] if len(argv) == 1 else None
    if command == "train":
        from sagebrush_runtime.training import train

        return train()
    if command == "serve":
        from sagebrush_runtime.serving import serve

        return serve()
    sys.stderr.write("usage: python -m sagebrush_runtime train|serve\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
