namespace PluginRuntime.Host.State;

/// <summary>A file is no backup that can be used: it is cut off, was changed, or is another program's.</summary>
/// <param name="message">One sentence: where, and what is wrong.</param>
internal sealed class BackupException(string message) : PluginRuntimeException("backup.invalid", message);
