using PluginRuntime.Host.Settings;
using PluginRuntime.Host.State;

namespace PluginRuntime.Host.Auth;

/// <summary>Sees to it at start that there is an admin key.</summary>
internal static class AdminKeySetup
{
    /// <returns>The file the key lies in, as far as the host knows.</returns>
    /// <exception cref="StartException">A key file cannot be used or made.</exception>
    internal static string Prepare(HostSettings settings, StateDatabase database)
    {
        if (settings.ProvisionedKeyFile is { } provisioned)
        {
            Adopt(provisioned, database, StartException.WrongSettings);
            return provisioned;
        }

        var path = settings.AdminKeyFile;
        if (database.ReadKeyHash() is not null)
        {
            return path;
        }

        if (File.Exists(path))
        {
            // A start that ended between the two writes below, or a database that was taken away.
            Adopt(path, database, StartException.Failed);
            return path;
        }

        var key = KeyText.Create();
        try
        {
            AdminKeyFile.Create(path, key);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartException(StartException.Failed, $"The admin key file {path} cannot be written: {exception.Message}");
        }

        database.WriteKeyHash(KeyText.Hash(key));
        return path;
    }

    private static void Adopt(string path, StateDatabase database, int exitCode)
    {
        var (key, problem) = AdminKeyFile.Read(path);
        database.WriteKeyHash(KeyText.Hash(key ?? throw new StartException(exitCode, problem!)));
    }
}
