using System.Collections.Concurrent;
using Amazon.S3;
using Amazon.S3.Model;
using PluginRuntime.Connectors.Jail;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.S3;

/// <summary>The actions that move a whole file. What they hold in memory does not depend on its size.</summary>
internal sealed class Transfers(AmazonS3Client client, S3Settings settings, ConnectorContext context)
{
    /// <summary>Up to this size a file goes in one request.</summary>
    private const long SingleBytes = 16 * 1024 * 1024;

    private const long PartBytes = 8 * 1024 * 1024;
    private const int MaxParts = 10_000;
    private const int PartsAtOnce = 4;
    private const int AbortSeconds = 30;

    /// <summary>Uploads that are being taken back at the server.</summary>
    private readonly ConcurrentDictionary<Task, bool> _aborts = new();

    internal Task<TransferOutput> DownloadAsync(DownloadInput input, CancellationToken cancellationToken) => S3Failure.TranslateAsync(
        async () =>
        {
            var (key, path) = (ObjectRules.Key(input.Key), JailPath.Parse(input.Path));
            using var file = await Task.Run(() => Open(jail => TemporaryFile.Create(jail, path, mustBeNew: false, input.CreateDirectories)), cancellationToken);
            var download = new Download(client, settings.Bucket, key, path, context.TimeProvider);
            var result = await download.RunAsync(file.Handle, cancellationToken);
            await Task.Run(() => file.Commit(mustBeNew: false), cancellationToken);
            return result;
        },
        context.TimeProvider,
        cancellationToken);

    internal Task<TransferOutput> UploadAsync(UploadInput input, CancellationToken cancellationToken) => S3Failure.TranslateAsync(
        async () =>
        {
            var target = new UploadTarget(
                settings.Bucket,
                ObjectRules.Key(input.Key),
                ObjectRules.ContentType(input.ContentType) ?? "application/octet-stream",
                ObjectRules.Metadata(input.Metadata));
            var path = JailPath.Parse(input.Path);
            using var file = await Task.Run(() => Open(jail => OpenFile(jail, path)), cancellationToken);
            var stat = FileStat.Of(file, path.Text);
            if (stat.Size > GetInput.MaxObjectBytes)
            {
                throw JailFailure.Input($"'{path.Text}' has more than the 5 TiB that an object may have.");
            }

            var upload = new Upload(client, target, file, stat.Size, context.TimeProvider, () => CheckUnchanged(file, stat, path));
            var etag = stat.Size <= SingleBytes
                ? await upload.PutAsync(cancellationToken)
                : await upload.PutPartsAsync(Math.Max(PartBytes, (stat.Size + MaxParts - 1) / MaxParts), PartsAtOnce, Abort, cancellationToken);
            return new TransferOutput(stat.Size, ObjectRules.Etag(etag));
        },
        context.TimeProvider,
        cancellationToken);

    /// <summary>Waits for what is being taken back.</summary>
    internal Task EndAsync(CancellationToken cancellationToken) => Task.WhenAll(_aborts.Keys).WaitAsync(cancellationToken);

    private T Open<T>(Func<JailDirectory, T> open)
    {
        using var jail = JailDirectory.Open(settings.Directory ?? throw JailFailure.Input("The instance has no setting 'directory' to transfer files in."));
        return open(jail);
    }

    private static Microsoft.Win32.SafeHandles.SafeFileHandle OpenFile(JailDirectory jail, JailPath path)
    {
        using var directory = jail.OpenParent(path, create: false);
        return directory.OpenFile(path.Name, path);
    }

    // The server does not have what the file is now, nor what it was.
    private static void CheckUnchanged(Microsoft.Win32.SafeHandles.SafeFileHandle file, FileStat before, JailPath path)
    {
        if (FileStat.Of(file, path.Text).Tag != before.Tag)
        {
            throw JailFailure.Conflict($"'{path.Text}' was changed while it was uploaded.");
        }
    }

    /// <summary>Gives the parts of an upload back, beside the call, which may have no time left.</summary>
    private void Abort(AbortMultipartUploadRequest request)
    {
        var task = AbortAsync(request);
        _aborts.TryAdd(task, true);
        _ = task.ContinueWith(done => _aborts.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task AbortAsync(AbortMultipartUploadRequest request)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(AbortSeconds), context.TimeProvider);
        try
        {
            await client.AbortMultipartUploadAsync(request, end.Token);
        }
        catch (Exception exception)
        {
            var failure = S3Failure.Of(exception, context.TimeProvider);
            if (failure.Kind != ConnectorErrorKind.NotFound)
            {
                Log.NotAborted(context.Logger, request.Key, failure.Message);
            }
        }
    }
}
