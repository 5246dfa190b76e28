/*
 * ONNX Runtime 1.30 writes events of its sessions to a store in the user's cache folder and tries to send them to its
 * vendor, unless this is set before its library is loaded. Nothing that Valence does leaves the machine.
 */
process.env["ORT_DISABLE_TELEMETRY"] ??= "1"
