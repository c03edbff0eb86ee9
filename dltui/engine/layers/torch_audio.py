"""torchaudio, where its compiled part does not fit the torch at hand too: transforms and features need none of it."""

import importlib
import sys
from types import ModuleType


def load() -> ModuleType:
    """Returns torchaudio.

    Its wheel for Linux is built for CUDA and refuses to load beside a CPU build of torch (OSError), or beside one for
    another CUDA (RuntimeError). Then it is imported once more with a stand-in for its extension; only `lfilter`,
    `forced_align` and `rnnt_loss` are missing, or slower.
    """
    try:
        return importlib.import_module("torchaudio")
    except (OSError, RuntimeError):
        for name in [name for name in sys.modules if name == "torchaudio" or name.startswith("torchaudio.")]:
            del sys.modules[name]
        sys.modules["torchaudio._extension"] = _stand_in()
        return importlib.import_module("torchaudio")


def _stand_in() -> ModuleType:
    """What `torchaudio/_extension` would be without its libraries."""
    extension = ModuleType("torchaudio._extension")
    extension.__path__ = []
    extension._IS_TORCHAUDIO_EXT_AVAILABLE = extension._IS_ALIGN_AVAILABLE = False
    extension._load_lib = lambda name: False
    extension._check_cuda_version = lambda: None
    extension.fail_if_no_align = _refused
    return extension


def _refused(function):
    def refuse(*_given: object, **_options: object) -> None:
        raise RuntimeError(f"torchaudio.functional.{function.__name__} needs torchaudio's compiled part")

    return refuse
