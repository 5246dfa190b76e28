"""onnxruntime in Python over the graphs that make_export.py and quantise_exports.py wrote."""

import os
import pathlib

# Read when the library is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime
from protocol import serve
from token_batches import TokenBatches

FILES = {
    ("usual", "fp32"): "model.onnx",
    ("usual", "int8"): "model_quantized.onnx",
    ("static", "int8"): "model_static.onnx",
    ("fused", "fp32"): "model_fused.onnx",
    ("fused", "int8"): "model_fused_quantized.onnx",
}


def open_engine(request):
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = request["threads"]
    file = pathlib.Path(request["export"]) / "onnx" / FILES[request["variant"], request["dtype"]]
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    engine = TokenBatches(
        request["checkpoint"], lambda ids, mask: session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
    )
    engine.versions = {"onnxruntime": onnxruntime.__version__}
    return engine


if __name__ == "__main__":
    serve(open_engine)
