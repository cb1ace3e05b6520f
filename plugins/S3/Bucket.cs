using System.Globalization;
using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using PluginRuntime.Connectors.Jail;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.S3;

/// <summary>The actions that need one request and no file.</summary>
internal sealed class Bucket(S3Client client, S3Settings settings, TimeProvider timeProvider, bool isAnonymous) : IDisposable
{
    private static readonly TimeSpan _longestLink = TimeSpan.FromDays(7);

    internal Task<GetOutput> GetAsync(GetInput input, CancellationToken cancellationToken) => S3Failure.TranslateAsync(
        async () =>
        {
            var request = new GetObjectRequest { BucketName = settings.Bucket, Key = ObjectRules.Key(input.Key) };
            if (input.Length > settings.MaxInlineBytes)
            {
                throw JailFailure.Input($"'length' is more than the setting 'maxInlineBytes', {settings.MaxInlineBytes}.");
            }

            if (input.Length is 0)
            {
                return await NothingAsync(input, cancellationToken);
            }

            // Always a range: without one the SDK takes the tag for an MD5, and fails on servers that have others.
            request.ByteRange = input.Length is { } length ? new(input.Offset, input.Offset + length - 1) : new($"bytes={input.Offset}-");
            try
            {
                using var response = await client.GetObjectAsync(request, cancellationToken);
                return await ReadAsync(input, response, cancellationToken);
            }
            catch (AmazonServiceException answer) when (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                // Behind the object's end there is nothing.
                return await NothingAsync(input, cancellationToken);
            }
        },
        timeProvider,
        cancellationToken);

    internal Task<PutOutput> PutAsync(PutInput input, CancellationToken cancellationToken) => S3Failure.TranslateAsync(
        async () =>
        {
            var bytes = InlineContent.Decode(input.Content, input.Encoding, settings.MaxInlineBytes, "use the action 'upload', or raise the setting 'maxInlineBytes'");
            var request = new PutObjectRequest
            {
                BucketName = settings.Bucket,
                Key = ObjectRules.Key(input.Key),
                InputStream = new MemoryStream(bytes, writable: false),
                UseChunkEncoding = false,
                ContentType = ObjectRules.ContentType(input.ContentType) ?? (input.Encoding == InlineContent.Text ? "text/plain; charset=utf-8" : "application/octet-stream"),
                IfNoneMatch = input.IfNoneMatch,
            };
            foreach (var (name, value) in ObjectRules.Metadata(input.Metadata))
            {
                request.Metadata.Add(name, value);
            }

            var response = await client.PutObjectAsync(request, cancellationToken);
            return new PutOutput(ObjectRules.Etag(response.ETag), response.VersionId, bytes.Length);
        },
        timeProvider,
        cancellationToken);

    internal Task<ListOutput> ListAsync(ListInput input, CancellationToken cancellationToken) => S3Failure.TranslateAsync(
        async () =>
        {
            var response = await client.ListObjectsV2Async(
                new()
                {
                    BucketName = settings.Bucket,
                    Prefix = input.Prefix,
                    Delimiter = input.Delimiter,
                    MaxKeys = input.Limit,
                    ContinuationToken = input.After,
                    Encoding = EncodingType.Url,
                },
                cancellationToken);

            // Encoded by servers that do as they are asked: XML cannot carry every character.
            Func<string, string> decode = response.Encoding == EncodingType.Url ? WebUtility.UrlDecode : static text => text;
            var objects = (response.S3Objects ?? []).Select(each => new ListedObject(decode(each.Key), each.Size ?? 0, ObjectRules.Etag(each.ETag), Utc(each.LastModified)));
            return new ListOutput([.. objects], [.. (response.CommonPrefixes ?? []).Select(decode)], response.IsTruncated == true ? response.NextContinuationToken : null);
        },
        timeProvider,
        cancellationToken);

    internal Task<DeleteOutput> DeleteAsync(KeyInput input, CancellationToken cancellationToken) => S3Failure.TranslateAsync(
        async () =>
        {
            try
            {
                var response = await client.DeleteObjectAsync(new() { BucketName = settings.Bucket, Key = ObjectRules.Key(input.Key) }, cancellationToken);
                return new DeleteOutput(response.VersionId);
            }
            catch (AmazonServiceException answer) when (answer.ErrorCode == "NoSuchKey")
            {
                // Some servers say so, where Amazon's does not.
                return new DeleteOutput(null);
            }
        },
        timeProvider,
        cancellationToken);

    internal Task<HeadOutput> HeadAsync(KeyInput input, CancellationToken cancellationToken) => S3Failure.TranslateAsync(
        async () =>
        {
            var response = await client.GetObjectMetadataAsync(new() { BucketName = settings.Bucket, Key = ObjectRules.Key(input.Key) }, cancellationToken);
            return new HeadOutput(
                response.ContentLength,
                ObjectRules.Etag(response.ETag),
                Utc(response.LastModified),
                TextOrNull(response.Headers.ContentType),
                Metadata(response.Metadata),
                TextOrNull(response.StorageClass?.Value));
        },
        timeProvider,
        cancellationToken);

    internal Task<PresignOutput> PresignAsync(PresignInput input, CancellationToken cancellationToken) => S3Failure.TranslateAsync(
        async () =>
        {
            if (isAnonymous)
            {
                throw JailFailure.Input("The instance has no credentials to sign a link with.");
            }

            var time = Time(input.Expires);
            if (time <= TimeSpan.Zero || time > _longestLink)
            {
                throw JailFailure.Input("'expires' must be above zero, and 7 days (168h) at most.");
            }

            var end = timeProvider.GetUtcNow() + time;
            var request = new GetPreSignedUrlRequest
            {
                BucketName = settings.Bucket,
                Key = ObjectRules.Key(input.Key),
                Verb = input.Method == "PUT" ? HttpVerb.PUT : HttpVerb.GET,
                Expires = end.UtcDateTime,
                Protocol = settings.Tls ? Protocol.HTTPS : Protocol.HTTP,
            };
            if (ObjectRules.ContentType(input.ContentType) is { } type)
            {
                request.ContentType = input.Method == "PUT" ? type : throw JailFailure.Input("'contentType' is for the method PUT.");
            }

            await client.RefreshAsync(cancellationToken);
            return new PresignOutput(await client.GetPreSignedURLAsync(request), input.Method, end);
        },
        timeProvider,
        cancellationToken);

    /// <summary>Asks for the bucket.</summary>
    internal Task CheckAsync(CancellationToken cancellationToken) => S3Failure.TranslateAsync(
        () => client.HeadBucketAsync(new() { BucketName = settings.Bucket }, cancellationToken), timeProvider, cancellationToken);

    public void Dispose() => client.Dispose();

    internal static DateTimeOffset? Utc(DateTime? time) => time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : null;

    private async Task<GetOutput> ReadAsync(GetInput input, GetObjectResponse response, CancellationToken cancellationToken)
    {
        var length = response.ContentLength;
        if (response.Headers.ContentLength < 0)
        {
            throw JailFailure.Unavailable("The server does not tell the length of what it sends.", wasSent: true);
        }

        // A server or proxy that does not know of ranges answers with the whole object.
        if ((input.Offset > 0 || input.Length is not null)
            && (response.ContentRange?.StartsWith($"bytes {input.Offset.ToString(CultureInfo.InvariantCulture)}-", StringComparison.Ordinal) != true || length > (input.Length ?? long.MaxValue)))
        {
            throw JailFailure.Unavailable("The server sent another range than the one that was asked for.", wasSent: true);
        }

        if (length > settings.MaxInlineBytes)
        {
            throw JailFailure.Input(
                $"The object has {length} bytes from there on, and 'get' carries {settings.MaxInlineBytes} (the setting 'maxInlineBytes'): get it in parts, with 'offset' and 'length', or use the action 'download'.");
        }

        var bytes = new byte[length];
        await response.ResponseStream.ReadExactlyAsync(bytes, cancellationToken);
        return new(
            InlineContent.Encode(bytes, input.Encoding),
            bytes.Length,
            WholeSize(response) ?? length,
            ObjectRules.Etag(response.ETag),
            Utc(response.LastModified),
            TextOrNull(response.Headers.ContentType),
            Metadata(response.Metadata));
    }

    private async Task<GetOutput> NothingAsync(GetInput input, CancellationToken cancellationToken)
    {
        var head = await HeadAsync(new(input.Key), cancellationToken);
        return new("", 0, head.Size, head.Etag, head.Modified, head.ContentType, head.Metadata);
    }

    // bytes 0-9/100
    private static long? WholeSize(GetObjectResponse response) =>
        response.ContentRange?.Split('/') is [_, var size] && long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : null;

    private static Dictionary<string, string> Metadata(MetadataCollection metadata) =>
        metadata.Keys.ToDictionary(name => name.Replace("x-amz-meta-", "", StringComparison.OrdinalIgnoreCase).ToLowerInvariant(), name => metadata[name], StringComparer.Ordinal);

    private static string? TextOrNull(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static TimeSpan Time(string text) => int.Parse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture) * text[^1] switch
    {
        's' => TimeSpan.FromSeconds(1),
        'm' => TimeSpan.FromMinutes(1),
        _ => TimeSpan.FromHours(1),
    };
}
