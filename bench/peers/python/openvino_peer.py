"""OpenVINO over the usual ONNX export in float32 or bfloat16, or over NNCF's int8 of it, on the CPU.

A variant is a performance hint: `throughput` runs several batches at a time, each on a part of the cores, `latency` one
batch on all of them.
"""

import pathlib

import openvino
from openvino import properties
from protocol import serve
from token_batches import TokenBatches

FILES = {"fp32": "onnx/model.onnx", "bf16": "onnx/model.onnx", "int8": "openvino/model_int8.xml"}
HINTS = {"throughput": properties.hint.PerformanceMode.THROUGHPUT, "latency": properties.hint.PerformanceMode.LATENCY}
# Of what int8 leaves in floats it decides by itself, as its users do.
PRECISIONS = {"fp32": openvino.Type.f32, "bf16": openvino.Type.bf16}


def open_engine(request):
    core = openvino.Core()
    options = {
        properties.hint.performance_mode: HINTS[request["variant"]],
        properties.inference_num_threads: request["threads"],
    }
    if request["dtype"] in PRECISIONS:
        options[properties.hint.inference_precision] = PRECISIONS[request["dtype"]]
    model = core.compile_model(pathlib.Path(request["export"]) / FILES[request["dtype"]], "CPU", options)
    queue = openvino.AsyncInferQueue(model)

    def run_all(batches):
        logits = [None] * len(batches)

        def keep(done, index):
            # Copied: the next batch of this request is written over it.
            logits[index] = done.get_output_tensor().data.copy()

        queue.set_callback(keep)
        for index, (ids, mask) in enumerate(batches):
            queue.start_async({"input_ids": ids, "attention_mask": mask}, index)
        queue.wait_all()
        return logits

    engine = TokenBatches(request["checkpoint"], run_all=run_all)
    engine.versions = {"openvino": openvino.__version__.split("-")[0]}
    return engine


if __name__ == "__main__":
    serve(open_engine)
