namespace PluginRuntime.Packages.Feeds;

/// <summary>The lock file cannot be used (<c>lock.invalid</c>), or forbids what was to be installed (<c>lock.drift</c>).</summary>
internal sealed class LockException(string code, string message, Exception? innerException = null) : PluginRuntimeException(code, message, innerException);
