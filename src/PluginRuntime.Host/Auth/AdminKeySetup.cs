using PluginRuntime.Host.Settings;
using PluginRuntime.Host.State;

namespace PluginRuntime.Host.Auth;

/// <summary>Sees to it at start that there is an admin key.</summary>
internal static class AdminKeySetup
{
    /// <returns>The file the key lies in, as far as the host knows.</returns>
    /// <exception cref="StartException">A key file cannot be used or made.</exception>
    internal static async Task<string> PrepareAsync(HostSettings settings, StateDatabase database)
    {
        if (settings.ProvisionedKeyFile is { } provisioned)
        {
            await AdoptAsync(provisioned, database, StartException.WrongSettings);
            return provisioned;
        }

        var path = settings.AdminKeyFile;
        if (await database.ReadKeyHashAsync() is not null)
        {
            return path;
        }

        if (File.Exists(path))
        {
            // A start that ended between the two writes below, or a database that was taken away.
            await AdoptAsync(path, database, StartException.Failed);
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

        if (!await database.TryAddKeyHashAsync(KeyText.Hash(key)))
        {
            // Another host that starts on the same database was faster: its key counts.
            File.Delete(path);
        }

        return path;
    }

    private static async Task AdoptAsync(string path, StateDatabase database, int exitCode)
    {
        var (key, problem) = AdminKeyFile.Read(path);
        await database.WriteKeyHashAsync(KeyText.Hash(key ?? throw new StartException(exitCode, problem!)));
    }
}
