"""Bring the user's code to a folder: from S3, from an archive, or from a local folder or file."""
import os

from sagebrush_runtime.failure import ClientError


def fetch(source, folder):
    """Put `source` into `folder`, unless the folder already holds something.

    @param source s3://bucket/key of a tar.gz, file://path, or a path of a folder, archive or file
    @throws ClientError when the source does not exist or the archive is unsafe
    """
    os.makedirs(folder, exist_ok=True)
    if os.path.abspath(source) == os.path.abspath(folder) or os.listdir(folder):
        return
    if source.startswith("s3://"):
        _fetch_from_s3(source, folder)
        return
    path = source[len("file://"):] if source.startswith("file://") else source
    if os.path.isdir(path):
        import shutil

        shutil.copytree(path, folder, dirs_exist_ok=True)
    elif not os.path.exists(path):
        raise ClientError("SourceCodeError: there is no code at %s" % source)
    elif path.endswith((".tar.gz", ".tgz", ".tar")):
        extract(path, folder)
    else:
        import shutil

        shutil.copy2(path, folder)


def _fetch_from_s3(uri, folder):
    import tempfile

    with tempfile.TemporaryDirectory() as temporary:
        archive = os.path.join(temporary, "sourcedir.tar.gz")
        download(uri, archive)
        extract(archive, folder)


def download(uri, path):
    """Download one S3 object. Endpoint, region and credentials come from the environment.

    @throws ClientError that names the object and what S3 answered
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError as S3Refusal

    bucket, _, key = uri[len("s3://"):].partition("/")
    endpoint = os.environ.get("S3_ENDPOINT_URL")
    # A bucket name is not a host name that a local platform's address resolves.
    is_local = endpoint or any(
        os.environ.get(name) for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")
    )
    client = boto3.client(
        "s3",
        region_name=os.environ.get("AWS_REGION") or os.environ.get("SAGEMAKER_REGION") or None,
        endpoint_url=endpoint,
        config=Config(s3={"addressing_style": "path"}) if is_local else None,
    )
    try:
        client.download_file(bucket, key, path)
    except (BotoCoreError, S3Refusal) as refusal:
        raise ClientError("SourceCodeError: cannot download %s: %s" % (uri, refusal)) from refusal


def extract(archive, folder):
    """Unpack a tar archive, compressed or not.

    @throws ClientError when it is no archive, or when a member would land or point outside `folder`
    """
    import tarfile

    try:
        with tarfile.open(archive) as tar:
            members = tar.getmembers()
            for member in members:
                _refuse_unsafe(member, folder)
            if hasattr(tarfile, "data_filter"):
                tar.extractall(folder, members=members, filter="data")
            else:
                tar.extractall(folder, members=members)
    except (tarfile.TarError, EOFError, OSError) as fault:
        name = os.path.basename(archive)
        raise ClientError("SourceCodeError: cannot unpack %s: %s" % (name, fault)) from fault


def _refuse_unsafe(member, folder):
    root = os.path.realpath(folder)
    if not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
        raise ClientError("SourceCodeError: archive member %r is a device" % member.name)
    place = os.path.join(root, member.name)
    if os.path.isabs(member.name) or not _is_inside(root, place):
        raise ClientError("SourceCodeError: archive member %r is outside the folder" % member.name)
    if member.issym():
        target = os.path.join(os.path.dirname(place), member.linkname)
    elif member.islnk():
        target = os.path.join(root, member.linkname)
    else:
        return
    if os.path.isabs(member.linkname) or not _is_inside(root, target):
        raise ClientError("SourceCodeError: archive link %r points outside" % member.name)


def _is_inside(root, path):
    # realpath also follows links that earlier members made.
    return os.path.commonpath((root, os.path.realpath(path))) == root
