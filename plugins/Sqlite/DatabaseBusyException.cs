namespace PluginRuntime.Connectors.Sqlite;

/// <summary>Another connection holds a lock. The statement did nothing: it may run again.</summary>
internal sealed class DatabaseBusyException(string message) : Exception(message);
