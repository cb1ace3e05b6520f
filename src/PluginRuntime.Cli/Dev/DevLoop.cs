namespace PluginRuntime.Cli.Dev;

/// <summary>Builds a connector at each save and drops it into a host, until it is cancelled.</summary>
internal static class DevLoop
{
    /// <exception cref="CommandException">There is no project.</exception>
    internal static async Task RunAsync(string path, DevOptions options, DevReport report, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        var project = await DevProject.FindAsync(path, cancellationToken);
        using var watch = new SourceWatch(timeProvider);
        watch.Add(project.Directory);
        report.Note($"watching {project.Directory}, dropping into {options.Folder}");
        var folder = new DropFolder(options.Folder);
        var link = new HostLink(options, project, report, timeProvider);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var building = BuildAsync(project, folder, watch, link, report, new(started, []), timeProvider, end.Token);
        var linked = link.RunAsync(end.Token);
        try
        {
            await await Task.WhenAny(building, linked);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how it ends.
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(building, linked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (options.Removes)
            {
                folder.Remove();
            }
        }
    }

    private static async Task BuildAsync(
        DevProject project,
        DropFolder folder,
        SourceWatch watch,
        HostLink link,
        DevReport report,
        SourceChange change,
        TimeProvider timeProvider,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            var start = timeProvider.GetTimestamp();
            try
            {
                await project.BuildAsync(change, cancellationToken);
                var build = timeProvider.GetElapsedTime(start);
                var (drop, isNew) = folder.Put(project.Output);
                drop = drop with { Saved = change.Saved, Build = build, Put = timeProvider.GetTimestamp() };
                report.Built(drop, isNew);
                if (isNew)
                {
                    link.Await(drop);
                }

                foreach (var reference in project.References())
                {
                    watch.Add(reference);
                }
            }
            catch (CommandException exception)
            {
                report.BuildFailed([.. exception.Sentences.Skip(exception.Sentences.Count > 1 ? 1 : 0).Select(error => Shown(error, project))], link.Runs);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Somebody else builds, or the folder cannot be written: the next save may find it better.
                report.BuildFailed([exception.Message], link.Runs);
            }

            change = await watch.NextAsync(cancellationToken);
        }
    }

    /// <summary>An error as an author reads it: the file as seen from the project, without the project behind it.</summary>
    private static string Shown(string error, DevProject project)
    {
        var end = error.LastIndexOf(" [", StringComparison.Ordinal);
        var text = end > 0 && error.EndsWith("proj]", StringComparison.Ordinal) ? error[..end] : error;
        return text.StartsWith(project.Directory + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? text[(project.Directory.Length + 1)..] : text;
    }
}
