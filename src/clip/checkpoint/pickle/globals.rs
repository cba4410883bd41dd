//! Which names a pickle may mention, and what the few known ones mean.

use super::Number;

/// Modules and names that can run code, reach the system, or load further pickles. A weight file needs none of them, so
/// the mere mention is refused: that is clearer to the user than an inert value. The list need not be complete, for what
/// is not on it does not run either.
const DANGEROUS: &[&str] = &[
    "os",
    "posix",
    "nt",
    "posixpath",
    "ntpath",
    "subprocess",
    "_posixsubprocess",
    "sys",
    "pty",
    "commands.getoutput",
    "commands.getstatusoutput",
    "popen2",
    "runpy",
    "importlib",
    "imp.load_source",
    "pkgutil",
    "zipimport",
    "code.interact",
    "code.InteractiveConsole",
    "code.InteractiveInterpreter",
    "codeop",
    "bdb",
    "pdb",
    "doctest",
    "timeit",
    "cProfile",
    "profile.run",
    "profile.runctx",
    "trace.Trace",
    "pickle",
    "_pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "joblib",
    "shelve",
    "marshal",
    "ctypes",
    "_ctypes",
    "cffi",
    "operator",
    "_operator",
    "inspect",
    "gc",
    "atexit",
    "signal",
    "socket",
    "_socket",
    "ssl",
    "asyncio",
    "multiprocessing",
    "threading",
    "_thread",
    "concurrent",
    "urllib",
    "urllib2",
    "requests",
    "httpx",
    "aiohttp",
    "http",
    "httplib",
    "ftplib",
    "smtplib",
    "telnetlib",
    "webbrowser",
    "antigravity",
    "shutil",
    "io.open",
    "_io.open",
    "_io.FileIO",
    "io.FileIO",
    "pip",
    "setuptools",
    "ensurepip",
    "venv",
    "types.FunctionType",
    "types.CodeType",
    "types.LambdaType",
    "types.MethodType",
    "builtins",
    "__builtin__",
    "__builtins__",
    "torch.load",
    "torch.hub",
    "torch.serialization",
    "torch.storage._load_from_bytes",
    "torch.utils.cpp_extension",
    "torch.utils.model_zoo",
    "torch.utils._config_module",
    "torch.utils.collect_env",
    "torch.jit.load",
    "torch.package",
    "torch.ops",
    "torch.classes",
    "torch.compile",
    "torch.multiprocessing",
    "torch.distributed.run",
    "numpy.load",
    "numpy.testing",
    "numpy.f2py",
    "numpy.distutils",
    "pandas.read_pickle",
    "pandas.eval",
];

/// What of `builtins` makes plain values.
const HARMLESS_BUILTINS: &[&str] = &[
    "set",
    "frozenset",
    "list",
    "dict",
    "tuple",
    "int",
    "float",
    "bool",
    "str",
    "bytes",
    "bytearray",
    "complex",
    "object",
    "slice",
    "range",
    "long",
    "unicode",
    "xrange",
];

/// Whether a pickle that mentions `module.name` is refused.
pub(super) fn is_dangerous(module: &str, name: &str) -> bool {
    // TorchScript classes are named after the user's own modules, below `__torch__`.
    if module == "__torch__" || module.starts_with("__torch__.") {
        return false;
    }
    if matches!(module, "builtins" | "__builtin__") && HARMLESS_BUILTINS.contains(&name) {
        return false;
    }
    let full = format!("{module}.{name}");
    let listed = |global: &str| {
        DANGEROUS.iter().any(|entry| {
            global
                .strip_prefix(entry)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    // Protocol 4 follows dots inside the name: `collections` and `abc.sys.modules` reach `sys`.
    let by_the_way = || {
        name.contains('.')
            && name
                .split('.')
                .any(|part| listed(part) || (part.starts_with("__") && part.len() > 2))
    };
    listed(&full) || by_the_way()
}

/// What calling a known global gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// An empty dictionary, or one of the pairs in the first argument.
    Dict,
    /// A tensor: storage, offset, sizes, strides.
    Tensor,
    /// The first argument itself.
    First,
    /// A call within the arguments: function, type, its arguments, state.
    Inner,
    /// Nothing that is understood here.
    Unknown,
}

/// What calling `global` gives.
pub(super) fn call(global: &str) -> Call {
    match global {
        "collections.OrderedDict" | "builtins.dict" | "__builtin__.dict" => Call::Dict,
        "torch._utils._rebuild_tensor_v2" | "torch._utils._rebuild_tensor" => Call::Tensor,
        "torch._utils._rebuild_parameter"
        | "torch._utils._rebuild_parameter_with_state"
        | "torch.jit._pickle.restore_type_tag"
        | "torch.jit._pickle.build_intlist"
        | "torch.jit._pickle.build_doublelist"
        | "torch.jit._pickle.build_boollist"
        | "torch.jit._pickle.build_tensorlist"
        | "torch.Size" => Call::First,
        "torch._tensor._rebuild_from_type_v2" | "torch._tensor._rebuild_from_type" => Call::Inner,
        _ => Call::Unknown,
    }
}

/// The number format of a storage class: `torch.HalfStorage` and its kin.
pub(super) fn number_of_storage(class: &str) -> Option<Number> {
    Some(
        match class
            .strip_prefix("torch.")?
            .trim_start_matches("cuda.")
            .strip_suffix("Storage")?
        {
            "Half" => Number::F16,
            "BFloat16" => Number::Bf16,
            "Float" => Number::F32,
            "Double" => Number::F64,
            "Char" | "Byte" | "Bool" => Number::Integer(1),
            "Short" => Number::Integer(2),
            "Int" => Number::Integer(4),
            "Long" => Number::Integer(8),
            _ => return None,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_code_is_refused_and_what_models_need_is_not() {
        for (module, name) in [
            ("os", "system"),
            ("posix", "system"),
            ("builtins", "eval"),
            ("__builtin__", "getattr"),
            ("subprocess", "Popen"),
            ("os.path", "join"),
            ("torch.hub", "load"),
            ("torch.storage", "_load_from_bytes"),
            ("collections", "abc.sys.modules"),
            ("collections", "OrderedDict.__init__.__globals__"),
        ] {
            assert!(is_dangerous(module, name), "{module}.{name}");
        }
        for (module, name) in [
            ("collections", "OrderedDict"),
            ("torch._utils", "_rebuild_tensor_v2"),
            ("torch", "FloatStorage"),
            ("__torch__.os", "system"),
            ("builtins", "set"),
            ("argparse", "Namespace"),
            ("oscar", "Model"),
            ("numpy.core.multiarray", "scalar"),
        ] {
            assert!(!is_dangerous(module, name), "{module}.{name}");
        }
    }

    #[test]
    fn storages() {
        assert_eq!(number_of_storage("torch.HalfStorage"), Some(Number::F16));
        assert_eq!(number_of_storage("torch.cuda.BFloat16Storage"), Some(Number::Bf16));
        assert_eq!(number_of_storage("torch.QInt8Storage"), None);
        assert_eq!(number_of_storage("numpy.FloatStorage"), None);
    }
}
