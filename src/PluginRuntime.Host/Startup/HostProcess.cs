using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Settings;
using PluginRuntime.Host.State;
using PluginRuntime.Host.Telemetry;
using PluginRuntime.Management;
using PluginRuntime.Packages;

namespace PluginRuntime.Host.Startup;

/// <summary>The life of the host: settings, data directory, state, runtime, listening; and the way back.</summary>
internal sealed class HostProcess(string[] arguments, TextWriter output)
{
    /// <returns>The exit code.</returns>
    /// <exception cref="StartException">The host cannot start.</exception>
    internal async Task<int> RunAsync()
    {
        var commandLine = CommandLine.Parse(arguments);
        if (commandLine.IsHelpWanted)
        {
            await output.WriteLineAsync(CommandLine.Usage);
            return 0;
        }

        var builder = WebApplicationSetup.CreateBuilder(commandLine);
        var errors = new List<string>(commandLine.Errors);
        var settings = new HostSettingsReader(builder.Configuration, Environment.CurrentDirectory, errors).Read();
        if (errors.Count > 0)
        {
            throw new StartException(StartException.WrongSettings, errors);
        }

        if (commandLine.RestoreFile is { } file)
        {
            return await RestoreAsync(settings, Path.GetFullPath(file));
        }

        CheckBuiltIns(settings);
        BlockedThreads.MakeRoom(settings.Connections);
        using var stop = new StopSignal();
        using var data = DataDirectory.Open(settings);
        try
        {
            await using var database = await OpenStateAsync(settings);
            var seal = await StateSealing.OpenAsync(database, settings.SealKeys);

            // Another one, so that who shows a key does not wait for what is saved.
            await using var keys = await OpenStateAsync(settings);
            var keyFile = await AdminKeySetup.PrepareAsync(settings, keys);
            var state = new SqlStateStore(database, seal, settings.StateServer is null ? "" : UseMarks.NameOf(Environment.MachineName, settings.DataDirectory), new(settings.OrgLimits));
            using var export = OtlpExport.Start(builder.Configuration);
            await using var app = WebApplicationSetup.Build(builder, settings, keys, state);
            var exitCode = await RunAsync(app, settings, keyFile, state, stop);
            await (export?.StopAsync(TimeProvider.System) ?? Task.CompletedTask);
            return exitCode;
        }
        catch (PluginRuntimeException exception)
        {
            var isSetting = exception is ConfigInvalidException || (exception is SealException && (settings.ProvisionedSealFile ?? settings.SealKeyText) is not null);
            throw new StartException(isSetting ? StartException.WrongSettings : StartException.Failed, exception.Message);
        }
    }

    private async Task<int> RestoreAsync(HostSettings settings, string file)
    {
        using var stop = new StopSignal();
        using var data = DataDirectory.Open(settings);
        try
        {
            await RestoreRun.RunAsync(settings, file, output, stop.Asked);
            return 0;
        }
        catch (PluginRuntimeException exception)
        {
            throw new StartException(StartException.Failed, exception.Message);
        }
        catch (OperationCanceledException) when (stop.Asked.IsCancellationRequested)
        {
            throw new StartException(StartException.Failed, "The host was told to stop: nothing was restored.");
        }
    }

    private static Task<StateDatabase> OpenStateAsync(HostSettings settings) =>
        settings.StateServer is { } server ? PostgresStateDatabase.OpenAsync(server) : SqliteStateDatabase.OpenAsync(settings.StateFile);

    private async Task<int> RunAsync(WebApplication app, HostSettings settings, string keyFile, SqlStateStore state, StopSignal stop)
    {
        var time = app.Services.GetRequiredService<TimeProvider>();
        var runtime = app.Services.GetRequiredService<ConnectorRuntime>();
        var readiness = app.Services.GetRequiredService<Readiness>();
        var started = time.GetTimestamp();
        try
        {
            await runtime.StartAsync(stop.Asked);
            await DemoInstance.SeedAsync(runtime, state, settings.HasBuiltIns, stop.Asked);
            await ListenAsync(app, stop.Asked);
        }
        catch (OperationCanceledException) when (stop.Asked.IsCancellationRequested)
        {
            return 0;
        }

        readiness.Started(runtime.FirstPassesAsync());
        await PrintAsync(app, settings, keyFile, state.Name);
        app.Logger.Started((long)time.GetElapsedTime(started).TotalMilliseconds);
        await stop.WaitAsync();
        await StopAsync(app, runtime, readiness, settings, time);
        return 0;
    }

    private static async Task ListenAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException or FormatException or InvalidOperationException)
        {
            throw new StartException(StartException.Failed, $"The host cannot listen: {exception.Message}");
        }
    }

    private static async Task StopAsync(WebApplication app, ConnectorRuntime runtime, Readiness readiness, HostSettings settings, TimeProvider time)
    {
        app.Logger.Stopping();
        readiness.IsStopping = true;

        // Balancers find out by asking; until they have, requests still come and are served. Of a host that was drained they know.
        await Task.Delay(app.Services.GetRequiredService<HostDrain>().DelayLeft, time);
        using var timeout = new CancellationTokenSource(settings.ShutdownTimeout, time);
        try
        {
            await app.StopAsync(timeout.Token);
            await runtime.ShutdownAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            // Said below: the web server takes the end of its time without a word.
        }
        catch (Exception exception)
        {
            // The details go to the log while there is one.
            app.Logger.StopFailed(exception);
            throw;
        }

        if (timeout.IsCancellationRequested)
        {
            app.Logger.ShutdownLate(settings.ShutdownTimeout.TotalSeconds);
        }

        app.Logger.Stopped();
    }

    private async Task PrintAsync(WebApplication app, HostSettings settings, string keyFile, string state)
    {
        await output.WriteLineAsync($"data directory  {settings.DataDirectory}");
        await output.WriteLineAsync($"state           {state}");
        await output.WriteLineAsync($"store           {settings.StoreDirectory}");
        await output.WriteLineAsync($"drop folder     {settings.DropDirectory ?? "none"}");
        await output.WriteLineAsync($"config file     {settings.ConfigFile}{(File.Exists(settings.ConfigFile) ? "" : " (not there yet)")}");
        await output.WriteLineAsync($"admin key file  {keyFile}{KeyFileNote(keyFile, settings)}");
        foreach (var url in WebApplicationSetup.UrlsOf(app))
        {
            await output.WriteLineAsync($"listening on    {url}");
        }

        await output.FlushAsync();
    }

    private static string KeyFileNote(string keyFile, HostSettings settings) =>
        File.Exists(keyFile) ? ""
        : settings.StateServer is null ? " (not there any more; 'connector key reset' makes a new key)"
        : $" (not there: another host made the key; {HostSettingsReader.KeyFileVariable} replaces it)";

    private static void CheckBuiltIns(HostSettings settings)
    {
        if (!settings.HasBuiltIns)
        {
            return;
        }

        var missing = BuiltInConnectors.Directories
            .Where(directory => !File.Exists(Path.Combine(AppContext.BaseDirectory, directory, "connector.json"))).ToList();
        if (missing.Count > 0)
        {
            throw new StartException(
                StartException.Failed,
                $"This installation is not whole: {AppContext.BaseDirectory} lacks {string.Join(", ", missing)}. Publish the host again, or start it with --no-built-ins.");
        }
    }
}
