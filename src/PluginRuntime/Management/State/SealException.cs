namespace PluginRuntime.Management;

/// <summary>Stored secrets cannot be unsealed: their key is missing, wrong or unusable, or they were changed.</summary>
public sealed class SealException : PluginRuntimeException
{
    internal SealException(string code, string message)
        : base(code, message)
    {
    }

    internal static SealException KeyMissing(string path, string what) =>
        new("seal.key-missing", $"The seal key file {path} is not there, and {what} is sealed with it. Bring it back; a new key cannot open what is there.");

    internal static SealException OtherKey(string what, string id, string sources) =>
        new("seal.key-missing", $"{what} is sealed with another key, {id}, than those given ({sources}). Bring that one back, or give its file as an old one until all is sealed anew.");

    internal static SealException Broken(string what, string sources) =>
        new("seal.broken", $"{what} cannot be unsealed with the key given ({sources}): that is another key, or what is stored was changed.");
}
