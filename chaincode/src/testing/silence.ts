// Imported first by tests: the shim would log every refusal that a test expects.
process.env['CORE_CHAINCODE_LOGGING_LEVEL'] ??= 'CRITICAL';
