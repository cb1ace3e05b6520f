using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Win32.SafeHandles;

namespace PluginRuntime.Connectors.S3;

/// <summary>Where an upload goes.</summary>
internal sealed record UploadTarget(string Bucket, string Key, string ContentType, IReadOnlyDictionary<string, string> Metadata);

/// <summary>One file on its way into an object.</summary>
/// <param name="client">The client.</param>
/// <param name="target">The object.</param>
/// <param name="file">The file. The parts read it where they are, so nothing of it is kept in memory.</param>
/// <param name="size">Its bytes.</param>
/// <param name="timeProvider">The host's clock.</param>
/// <param name="checkUnchanged">Throws when the file is not any more what it was.</param>
internal sealed class Upload(
    AmazonS3Client client, UploadTarget target, SafeFileHandle file, long size, TimeProvider timeProvider, Action checkUnchanged)
{
    /// <returns>The object's tag.</returns>
    internal async Task<string?> PutAsync(CancellationToken cancellationToken)
    {
        using var watch = new StallWatch(timeProvider, cancellationToken);
        await using var stream = new FileSlice(file, 0, size, watch.Progress);
        var request = new PutObjectRequest
        {
            BucketName = target.Bucket,
            Key = target.Key,
            InputStream = stream,
            AutoCloseStream = false,
            UseChunkEncoding = false,
            ContentType = target.ContentType,
        };
        foreach (var (name, value) in target.Metadata)
        {
            request.Metadata.Add(name, value);
        }

        var response = await client.PutObjectAsync(request, watch.Token);
        checkUnchanged();
        return response.ETag;
    }

    /// <summary>Sends parts, a few at a time, and has the server put them together: all of it becomes the object, or nothing.</summary>
    /// <param name="partBytes">The size of a part.</param>
    /// <param name="atOnce">How many are on their way at a time.</param>
    /// <param name="abort">Takes the parts back when they do not become an object.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The object's tag.</returns>
    internal async Task<string?> PutPartsAsync(long partBytes, int atOnce, Action<AbortMultipartUploadRequest> abort, CancellationToken cancellationToken)
    {
        var request = new InitiateMultipartUploadRequest { BucketName = target.Bucket, Key = target.Key, ContentType = target.ContentType };
        foreach (var (name, value) in target.Metadata)
        {
            request.Metadata.Add(name, value);
        }

        var begun = await client.InitiateMultipartUploadAsync(request, cancellationToken);
        try
        {
            var parts = new PartETag[(int)((size + partBytes - 1) / partBytes)];
            await Parallel.ForEachAsync(
                Enumerable.Range(0, parts.Length),
                new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
                async (index, token) => parts[index] = await SendAsync(begun.UploadId, index, partBytes, token));
            checkUnchanged();
            var complete = new CompleteMultipartUploadRequest { BucketName = target.Bucket, Key = target.Key, UploadId = begun.UploadId, PartETags = [.. parts] };
            return (await client.CompleteMultipartUploadAsync(complete, cancellationToken)).ETag;
        }
        catch
        {
            abort(new() { BucketName = target.Bucket, Key = target.Key, UploadId = begun.UploadId });
            throw;
        }
    }

    private async Task<PartETag> SendAsync(string upload, int index, long partBytes, CancellationToken cancellationToken)
    {
        var start = index * partBytes;
        using var watch = new StallWatch(timeProvider, cancellationToken);
        await using var stream = new FileSlice(file, start, Math.Min(partBytes, size - start), watch.Progress);
        var response = await client.UploadPartAsync(
            new()
            {
                BucketName = target.Bucket,
                Key = target.Key,
                UploadId = upload,
                PartNumber = index + 1,
                InputStream = stream,
                PartSize = stream.Length,
                UseChunkEncoding = false,
            },
            watch.Token);
        return new(index + 1, response.ETag);
    }
}
