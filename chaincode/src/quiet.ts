// Imported before the shim, which reads the level when it loads: its decorators log a line per transaction at `info`.
process.env['CORE_CHAINCODE_LOGGING_LEVEL'] ??= 'WARNING';
