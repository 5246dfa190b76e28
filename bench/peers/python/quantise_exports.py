"""Adds to a folder that make_export.py wrote the graphs that other tools make of its model.onnx.

    quantise_exports.py CHECKPOINT_FOLDER EXPORT_FOLDER

onnx/model_static.onnx             onnxruntime's quantize_static, QDQ, a scale for each output channel
onnx/model_fused.onnx              onnxruntime's optimizer for transformers
onnx/model_fused_quantized.onnx    the same, by quantize_dynamic
openvino/model_int8.xml            NNCF's post-training quantisation for transformers
"""

import json
import pathlib
import sys

import nncf
import onnx
import openvino
from calibration_texts import calibration_inputs
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.optimizer import optimize_model

checkpoint, export = map(pathlib.Path, sys.argv[1:3])
config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
fp32, prepared = export / "onnx/model.onnx", export / "onnx/model_prepared.onnx"


class Reader(CalibrationDataReader):
    def __init__(self):
        self.inputs = iter(calibration_inputs(checkpoint))

    def get_next(self):
        return next(self.inputs, None)


def write_static():
    quant_pre_process(str(fp32), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared),
        str(export / "onnx/model_static.onnx"),
        Reader(),
        quant_format=QuantFormat.QDQ,
        # Products alone: with LayerNormalization and Softmax in codes too, labels are others.
        op_types_to_quantize=["MatMul", "Gemm"],
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        extra_options={"MatMulConstBOnly": True},
    )
    prepared.unlink()


def write_fused():
    fused = export / "onnx/model_fused.onnx"
    optimize_model(
        str(fp32), model_type="bert", num_heads=config["n_heads"], hidden_size=config["dim"]
    ).save_model_to_file(str(fused))
    quantize_dynamic(
        str(fused),
        str(export / "onnx/model_fused_quantized.onnx"),
        weight_type=QuantType.QInt8,
        # Shapes and types of fused nodes are not known to ONNX.
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def write_openvino():
    quantised = nncf.quantize(
        openvino.Core().read_model(str(fp32)),
        nncf.Dataset(list(calibration_inputs(checkpoint))),
        model_type=nncf.ModelType.TRANSFORMER,
        preset=nncf.QuantizationPreset.MIXED,
    )
    openvino.save_model(quantised, str(export / "openvino/model_int8.xml"), compress_to_fp16=False)


for write in (write_static, write_fused, write_openvino):
    write()
