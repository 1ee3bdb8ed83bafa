"""What a training container was given, as the properties and SM_* variables of AWS's toolkit.

Source: package sagemaker-training 5.1, `environment.py`; `tests/test_toolkit_parity.py` compares
the two variable by variable.
"""
import json
import os

from sagebrush_runtime import hyperparameters, paths

INFO = 20
DISTRIBUTION_SWITCHES = (
    "sagemaker_mpi_enabled",
    "sagemaker_parameter_server_enabled",
    "sagemaker_distributed_dataparallel_enabled",
    "sagemaker_pytorch_ddp_enabled",
    "sagemaker_pytorch_xla_multi_worker_enabled",
    "sagemaker_multi_worker_mirrored_strategy_enabled",
    "sagemaker_torch_distributed_enabled",
)


def read_config(file_name, default=None):
    """Read one JSON file of /opt/ml/input/config.

    @throws FileNotFoundError when it is absent and no default is given
    """
    try:
        with open(os.path.join(paths.INPUT_CONFIG_DIR, file_name)) as file:
            return json.load(file)
    except FileNotFoundError:
        if default is None:
            raise
        return default


def read_training_environment():
    """Everything about this training as one dict, keys as in AWS's `training_env`."""
    values = hyperparameters.decode_values(read_config("hyperparameters.json", {}))
    user, platform, framework = hyperparameters.split(values)
    channels = read_config("inputdataconfig.json", {})
    environment = {
        "additional_framework_parameters": framework,
        "channel_input_dirs": {
            name: os.path.join(paths.INPUT_DATA_DIR, name) for name in channels
        },
        "framework_module": os.environ.get("SAGEMAKER_TRAINING_MODULE"),
        "hyperparameters": user,
        "input_config_dir": paths.INPUT_CONFIG_DIR,
        "input_data_config": channels,
        "input_dir": paths.INPUT_DIR,
        "job_name": os.environ.get("TRAINING_JOB_NAME"),
        "log_level": platform.get("sagemaker_container_log_level", INFO),
        "model_dir": paths.MODEL_DIR,
        "module_dir": str(platform.get("sagemaker_submit_directory", paths.CODE_DIR)),
        "output_data_dir": paths.OUTPUT_DATA_DIR,
        "output_dir": paths.OUTPUT_DIR,
        "output_intermediate_dir": paths.OUTPUT_INTERMEDIATE_DIR,
    }
    environment.update(_entry_point(platform))
    environment.update(_cluster(read_config("resourceconfig.json"), framework))
    environment.update(_machine())
    return environment, platform


def _entry_point(platform):
    program = os.environ.get("SAGEMAKER_PROGRAM") or platform.get("sagemaker_program")
    module = str(program)
    return {
        "user_entry_point": program,
        "module_name": module[:-3] if module.endswith(".py") else module,
    }


def _cluster(resources, framework):
    groups = resources.get("instance_groups", [])
    group = resources.get("current_group_name", "homogeneousCluster")
    distributed = [group] if any(framework.get(name) for name in DISTRIBUTION_SWITCHES) else []
    distributed = framework.get("sagemaker_distribution_instance_groups", distributed)
    hosts = resources["hosts"]
    distribution_hosts = list(hosts)
    if groups:
        distribution_hosts = [
            host
            for one in groups
            if one["instance_group_name"] in distributed
            for host in one["hosts"]
        ]
    master = (distribution_hosts or hosts)[0]
    return {
        "current_host": resources["current_host"],
        "current_instance_group": group,
        "current_instance_group_hosts": next(
            (one["hosts"] for one in groups if one["instance_group_name"] == group), []
        ),
        "current_instance_type": resources.get("current_instance_type", "local"),
        "distribution_hosts": distribution_hosts,
        "distribution_instance_groups": distributed,
        "hosts": hosts,
        "instance_groups": [one["instance_group_name"] for one in groups],
        "instance_groups_dict": {one["instance_group_name"]: one for one in groups},
        "is_hetero": len(groups) > 1,
        "is_master": resources["current_host"] == master,
        "master_hostname": master,
        "network_interface_name": resources.get("network_interface_name", "eth0"),
        "resource_config": resources,
        "topology": resources.get("topology", []),
    }


def _machine():
    model_parallel = os.environ.get("SM_HP_MP_PARAMETERS")
    return {
        "is_modelparallel_enabled": model_parallel and model_parallel != "{}",
        "is_smddprun_installed": _is_on_path("smddprun"),
        "is_smddpmprun_installed": _is_on_path("smddpmprun"),
        "num_cpus": vcpu_count(),
        "num_gpus": _gpu_count(),
        "num_neurons": 0,
    }


def vcpu_count():
    """vCPUs of the instance type, which the platform tells; else of the machine."""
    return int(os.environ.get("SAGEBRUSH_VCPUS") or os.cpu_count() or 1)


def _gpu_count():
    if not _is_on_path("nvidia-smi"):
        return 0
    with os.popen("nvidia-smi --list-gpus 2>/dev/null") as listing:
        return sum(line.startswith("GPU ") for line in listing)


def _is_on_path(program):
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return any(os.access(os.path.join(folder, program), os.X_OK) for folder in folders if folder)


def to_variables(environment):
    """The SM_* variables of the user's program."""
    shown = {
        name: environment[name]
        for name in (
            "hosts",
            "network_interface_name",
            "user_entry_point",
            "resource_config",
            "input_data_config",
            "output_data_dir",
            "current_host",
            "current_instance_type",
            "current_instance_group",
            "current_instance_group_hosts",
            "instance_groups",
            "instance_groups_dict",
            "distribution_instance_groups",
            "is_hetero",
            "module_name",
            "log_level",
            "framework_module",
            "input_dir",
            "input_config_dir",
            "output_dir",
            "num_cpus",
            "num_gpus",
            "num_neurons",
            "model_dir",
            "module_dir",
            "output_intermediate_dir",
        )
    }
    shown["hps"] = environment["hyperparameters"]
    shown["framework_params"] = environment["additional_framework_parameters"]
    shown["channels"] = sorted(environment["channel_input_dirs"])
    shown["training_env"] = environment
    shown["user_args"] = hyperparameters.to_arguments(environment["hyperparameters"])
    if environment["topology"]:
        shown["topology"] = environment["topology"]
    for name, path in environment["channel_input_dirs"].items():
        shown["channel_" + name] = path
    for name, value in environment["hyperparameters"].items():
        shown["hp_" + name] = value
    return hyperparameters.to_variables(shown)
