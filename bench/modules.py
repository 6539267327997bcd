"""Loads the scripts of this folder as modules: their names have hyphens."""

import importlib.util
import os


def load(file):
    name = os.path.splitext(file)[0].replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, os.path.join(os.path.dirname(os.path.abspath(__file__)), file))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
