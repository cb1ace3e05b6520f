using System.Buffers;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Win32.SafeHandles;
using PluginRuntime.Connectors.Jail;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.S3;

/// <summary>One object on its way into a file. A connection that breaks is followed by another that goes on there, if the object is still the same.</summary>
internal sealed class Download(AmazonS3Client client, string bucket, string key, JailPath path, TimeProvider timeProvider)
{
    private const int BufferBytes = 128 * 1024;
    private const int Md5Digits = 32;

    /// <summary>So many connections may break without a byte in between.</summary>
    private const int MaxBarren = 3;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    private long _received;
    private long _size = -1;
    private string? _etag;
    private bool _isHashed;

    internal async Task<TransferOutput> RunAsync(SafeFileHandle file, CancellationToken cancellationToken)
    {
        using (_hash)
        {
            var barren = 0;
            while (_received != _size)
            {
                var before = _received;
                try
                {
                    await ReceiveAsync(file, cancellationToken);
                }
                catch (Exception exception) when (!cancellationToken.IsCancellationRequested && _etag is not null && S3Failure.IsBroken(exception))
                {
                    barren = _received > before ? 0 : barren + 1;
                    if (barren == MaxBarren)
                    {
                        throw;
                    }
                }
            }

            Check();
            return new(_size, ObjectRules.Etag(_etag));
        }
    }

    private async Task ReceiveAsync(SafeFileHandle file, CancellationToken cancellationToken)
    {
        using var watch = new StallWatch(timeProvider, cancellationToken);

        // From the first byte on a range: without one the SDK takes the tag for an MD5, and fails on servers that have others.
        var request = new GetObjectRequest { BucketName = bucket, Key = key, ByteRange = new($"bytes={_received.ToString(CultureInfo.InvariantCulture)}-"), EtagToMatch = _etag };
        using var response = await GetAsync(request, watch.Token);
        if (response is null)
        {
            (_size, _etag) = (0, await EmptyAsync(watch.Token));
            return;
        }

        Begin(response);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (_received < _size)
            {
                var count = await response.ResponseStream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, _size - _received)), watch.Token);
                if (count == 0)
                {
                    throw new EndOfStreamException("The body ended before its length.");
                }

                watch.Progress();
                await WriteAsync(file, buffer.AsMemory(0, count), cancellationToken);
                _hash.AppendData(buffer.AsSpan(0, count));
                _received += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <returns>Null for an object without a byte, which has no range.</returns>
    private async Task<GetObjectResponse?> GetAsync(GetObjectRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetObjectAsync(request, cancellationToken);
        }
        catch (AmazonServiceException answer) when (_etag is null && answer.StatusCode is HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return null;
        }
        catch (AmazonServiceException answer) when (_etag is not null && answer.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            throw Changed();
        }
    }

    private async Task<string> EmptyAsync(CancellationToken cancellationToken)
    {
        var head = await client.GetObjectMetadataAsync(new() { BucketName = bucket, Key = key }, cancellationToken);
        return head.ContentLength == 0 ? head.ETag : throw Changed();
    }

    /// <summary>Learns what the object is from the first answer, and compares the others with it.</summary>
    private void Begin(GetObjectResponse response)
    {
        if (_size < 0)
        {
            if (response.Headers.ContentLength < 0 || string.IsNullOrEmpty(response.ETag))
            {
                throw JailFailure.Unavailable("The server does not tell the object's length and tag.", wasSent: true);
            }

            (_size, _etag) = (response.ContentLength, response.ETag);

            // Encrypted with keys of its own, an object's tag is no hash of it.
            _isHashed = response.ServerSideEncryptionMethod is not { Value: "aws:kms" or "aws:kms:dsse" } && response.ServerSideEncryptionCustomerMethod is null or { Value: "" or null };
        }
        else if (response.ETag != _etag || (_received > 0 && response.ContentRange?.StartsWith($"bytes {_received.ToString(CultureInfo.InvariantCulture)}-", StringComparison.Ordinal) != true))
        {
            throw Changed();
        }
    }

    private async Task WriteAsync(SafeFileHandle file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await RandomAccess.WriteAsync(file, bytes, _received, cancellationToken);
        }
        catch (IOException exception)
        {
            throw JailFailure.Of(exception, path.Text);
        }
    }

    // The tag of an object that was put in one request is its MD5; of one in parts it has a dash.
    private void Check()
    {
        var tag = ObjectRules.Etag(_etag);
        if (_isHashed && tag is { Length: Md5Digits } && tag.All(char.IsAsciiHexDigit) && !Convert.ToHexString(_hash.GetHashAndReset()).Equals(tag, StringComparison.OrdinalIgnoreCase))
        {
            throw JailFailure.Unavailable("What the server sent does not have the hash that its tag says.", wasSent: true);
        }
    }

    private static ConnectorException Changed() =>
        JailFailure.Unavailable("The connection broke, and the object was changed meanwhile: it has to be downloaded anew.", wasSent: true);
}
