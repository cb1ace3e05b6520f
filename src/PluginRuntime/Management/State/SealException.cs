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

    internal static SealException Broken(string what, string keyFile) =>
        new("seal.broken", $"{what} cannot be unsealed with the key in {keyFile}: that is another key, or what is stored was changed.");
}
